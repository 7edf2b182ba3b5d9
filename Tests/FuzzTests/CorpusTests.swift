import Foundation
import Testing

/// The inputs that fuzzing found, tried in the ordinary tests, too: each reaches something that no other does.
@Suite struct CorpusTests {
    @Test("What a fuzz target promises holds of every input in its corpus", arguments: FuzzTarget.all)
    func corpus(target: FuzzTarget) async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Corpus/\(target.name)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        // Targets wait for what they begin: not on a thread that others need.
        let broken = await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: Self.broken(target, by: files)) }
            thread.stackSize = 8 << 20
            thread.start()
        }
        #expect(broken.isEmpty)
    }

    private static func broken(_ target: FuzzTarget, by files: [URL]) -> [String] {
        files.compactMap { file in
            do {
                try Data(contentsOf: file).withUnsafeBytes { try target.run($0) }
                return nil
            } catch {
                return "\(file.lastPathComponent): \(error)"
            }
        }
    }
}
