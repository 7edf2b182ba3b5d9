import CGPhoto2

/// A libgphoto2 context: where drivers put what they have to say. For one thread.
///
/// C holds an unretained pointer to `Words`, which this object owns; the context is released first.
public final class Context {
    private final class Words {
        var error = ""
        var status = ""
    }

    let pointer: OpaquePointer
    private let words = Words()

    /// Makes a context (gp_context_new).
    ///
    /// Throws GP_ERROR_NO_MEMORY.
    public init() throws(GPhotoError) {
        guard let pointer = gp_context_new() else { throw GPhotoError(.noMemory) }
        self.pointer = pointer
        gp_context_set_error_func(
            pointer,
            { _, text, data in
                guard let text, let data else { return }
                Unmanaged<Words>.fromOpaque(data).takeUnretainedValue().error = String(cString: text)
            }, Unmanaged.passUnretained(words).toOpaque())
        gp_context_set_status_func(
            pointer,
            { _, text, data in
                guard let text, let data else { return }
                Unmanaged<Words>.fromOpaque(data).takeUnretainedValue().status = String(cString: text)
            }, Unmanaged.passUnretained(words).toOpaque())
    }

    deinit {
        gp_context_unref(pointer)
    }

    /// What a driver said last of what it is doing (gp_context_status), or nothing.
    public var status: String { words.status }

    /// What a driver said last of an error, once.
    func takeError() -> String {
        defer { words.error = "" }
        return words.error
    }
}
