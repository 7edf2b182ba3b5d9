import BodyWorker

BodyWorker.run(Array(CommandLine.arguments.dropFirst()))
