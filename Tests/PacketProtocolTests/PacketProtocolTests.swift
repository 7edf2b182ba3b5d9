// PacketProtocolTests
