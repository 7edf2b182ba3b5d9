import Glibc
import NIOCore

extension NIOBSDSocket.Option {
    /// How many bytes the kernel takes beyond what it has sent (tcp(7), TCP_NOTSENT_LOWAT).
    static let notSentLowWater = NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
}
