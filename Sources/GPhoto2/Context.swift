import CGPhoto2

/// A libgphoto2 context: where drivers put what they have to say. For one thread.
///
/// C holds an unretained pointer to `Words`, which this object owns; the context is released first.
public final class Context {
    private final class Words {
        /// What was said of errors since the last call ended, a sentence after the other. More than `most` is dropped: the
        /// first says what is wrong, the next ones what came of it.
        var error = ""
        private static let most = 2000

        func add(_ text: String) {
            guard error.utf8.count + text.utf8.count < Self.most else { return }
            error += error.isEmpty ? text : " " + text
        }

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
                Unmanaged<Words>.fromOpaque(data).takeUnretainedValue().add(String(cString: text))
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

    /// What a driver said of errors since this was asked last.
    func takeError() -> String {
        defer { words.error = "" }
        return words.error
    }
}
