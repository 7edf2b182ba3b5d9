print("camera-fleet")
