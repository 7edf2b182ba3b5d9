// PacketClient
