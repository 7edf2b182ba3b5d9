// GPhoto2Tests
