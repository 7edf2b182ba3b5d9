// PacketServer
