print("virtual-camera")
