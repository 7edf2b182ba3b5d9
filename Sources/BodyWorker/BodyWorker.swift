// BodyWorker
