print("body-worker")
