import FleetModel
import Foundation

/// An image's sidecar: what the fleet knows of it and the image does not, in XMP (ISO 16684-1).
struct ImageSidecar: Sendable {
    var shot: Int64?
    var project: String?
    var cameraNumber: Int?
    /// The body's name.
    var name: String?
    var model: String?
    var serial: String?
    /// When its body was released, in nanoseconds since 1970, where that is known.
    var releasedAt: Int64?

    /// The file's text.
    var text: String {
        let subjects = keywords.map { "     <rdf:li>\(Self.escaped($0))</rdf:li>\n" }.joined()
        let attributes = [
            ("xmp:CreateDate", releasedAt.map(Self.date)), ("tiff:Model", model), ("aux:SerialNumber", serial),
        ].compactMap { name, value in value.map { "\n    \(name)=\"\(Self.escaped($0))\"" } }.joined()
        return """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/">
             <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
              <rdf:Description rdf:about=""
                xmlns:dc="http://purl.org/dc/elements/1.1/"
                xmlns:xmp="http://ns.adobe.com/xap/1.0/"
                xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
                xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"\(attributes)>
               <dc:subject>
                <rdf:Bag>
            \(subjects)    </rdf:Bag>
               </dc:subject>
               <dc:description>
                <rdf:Alt>
                 <rdf:li xml:lang="x-default">\(Self.escaped(description))</rdf:li>
                </rdf:Alt>
               </dc:description>
              </rdf:Description>
             </rdf:RDF>
            </x:xmpmeta>
            <?xpacket end="w"?>

            """
    }

    private var keywords: [String] {
        [project, shot.map { "shot \($0)" }, name, cameraNumber.map { "camera \($0)" }].compactMap { $0 }
    }

    private var description: String {
        let ofShot = shot.map { "shot \($0)" } ?? "single image"
        let ofProject = project.map { " of \($0)" } ?? ""
        let ofCamera = cameraNumber.map { ", camera \($0)\(name.map { " (\($0))" } ?? "")" } ?? ""
        return ofShot + ofProject + ofCamera
    }

    /// In UTC, to the millisecond.
    private static func date(_ nanoseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000) / 1000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Text that XML can hold: characters that it has no way to write are left out.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": continue
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
