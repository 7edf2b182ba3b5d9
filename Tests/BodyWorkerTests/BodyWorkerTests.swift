// BodyWorkerTests
