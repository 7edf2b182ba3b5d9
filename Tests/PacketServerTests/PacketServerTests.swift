// PacketServerTests
