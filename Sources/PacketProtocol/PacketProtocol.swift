// PacketProtocol
