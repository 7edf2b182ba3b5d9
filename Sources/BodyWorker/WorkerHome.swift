import Glibc

/// A worker's HOME. libgphoto2 keeps its settings in `.gphoto/settings` there, a file and an array for all cameras of a
/// process, so each worker has its own, written before libgphoto2 reads it.
struct WorkerHome {
    let path: String

    /// Where images are kept that the body holds in memory alone.
    var memoryFolder: String { "\(path)/memory" }

    /// Where the last of what the driver did is kept.
    var driverLog: String { "\(path)/driver-log" }

    /// Makes the folders and the settings, and sets the environment; false when the disk does not let it.
    ///
    /// `cachetime=0`: a read is a read. `capturetarget=card`: an image outlives this process. The GUID is written as
    /// ptpip.c reads it: bytes in hexadecimal with colons between.
    func prepare(guid: String?) -> Bool {
        var settings = "ptp2=cachetime=0\nptp2=capturetarget=card\n"
        if let guid {
            let digits = Array(guid)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { String(digits[$0...$0 + 1]) }
            settings += "ptp2_ip=guid=\(bytes.joined(separator: ":"))\n"
        }
        for folder in [path, "\(path)/.gphoto", memoryFolder] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
            return false
        }
        guard let file = fopen("\(path)/.gphoto/settings", "w") else { return false }
        let isWritten = fputs(settings, file) >= 0
        guard fclose(file) == 0, isWritten else { return false }
        setenv("HOME", path, 1)
        setenv("LC_ALL", "C", 1)
        return true
    }
}
