import CGPhoto2

/// libgphoto2 as a whole.
public enum Driver {
    /// Its version, such as `2.5.30`.
    public static var version: String {
        guard let lines = gp_library_version(GP_VERSION_SHORT), let first = lines[0] else { return "" }
        return String(cString: first)
    }

    /// Sets a setting of a driver for this process (gp_setting_set), such as `ptp2`'s `capturetarget`.
    public static func set(_ driver: String, _ key: String, _ value: String) {
        var (driver, key, value) = (Array(driver.utf8CString), Array(key.utf8CString), Array(value.utf8CString))
        _ = gp_setting_set(&driver, &key, &value)
    }

    /// Has a function told what drivers complain of (gp_log_add_func with GP_LOG_ERROR): where in libgphoto2, and what. For
    /// good; from any thread that calls libgphoto2.
    public static func onComplaint(
        _ tell: @escaping @convention(c) (UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void
    ) {
        let context = unsafeBitCast(tell, to: UnsafeMutableRawPointer.self)
        _ = gp_log_add_func(
            GP_LOG_ERROR,
            { _, domain, text, context in
                typealias Tell = @convention(c) (UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void
                guard let context else { return }
                unsafeBitCast(context, to: Tell.self)(domain, text)
            }, context)
    }

    /// Has a function told everything that drivers say, also of each thing that they do (gp_log_add_func with GP_LOG_DEBUG),
    /// while something is done. From the thread that calls libgphoto2; drivers are slower meanwhile.
    public static func listening<Value, Failure: Error>(
        with tell: @escaping @convention(c) (UnsafePointer<CChar>?) -> Void,
        while action: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let context = unsafeBitCast(tell, to: UnsafeMutableRawPointer.self)
        let number = gp_log_add_func(
            GP_LOG_DEBUG,
            { _, _, text, context in
                typealias Tell = @convention(c) (UnsafePointer<CChar>?) -> Void
                guard let context else { return }
                unsafeBitCast(context, to: Tell.self)(text)
            }, context)
        defer { _ = gp_log_remove_func(number) }
        return try action()
    }
}
