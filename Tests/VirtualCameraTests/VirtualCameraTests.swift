// VirtualCameraTests
