import Foundation

var count = CommandLine.argc
var words = CommandLine.unsafeArgv
exit(runDriver(&count, &words) { testOneInput($0, $1) })
