import FleetModel
import Logging
import NIOCore
import PacketProtocol

/// Where bodies put what they take.
extension Ingest {
    /// Tells a body that has just been opened where images go, ahead of its commands. One that refuses goes on as it is.
    func chooseCaptureTarget(of body: CameraBody, over link: WorkerLink) async {
        guard let work = captureTargetWork(for: body) else { return }
        let transaction = link.begin(
            LinkRequest(code: work.code, arguments: work.arguments, kind: .command, limit: work.limit))
        do throws(FleetError) {
            _ = try await transaction.answer.result()
        } catch {
            note(error, body)
        }
        try? await transaction.settled.get()
    }

    /// A body has left groups, or has come to some: what is to be so there is so after the commands that wait for it.
    func adapt(_ body: CameraBody, from groups: [String]) {
        guard policy.captureTarget(in: groups) != policy.captureTarget(in: body.info.groups),
            body.refusal == nil, let work = captureTargetWork(for: body)
        else { return }
        _ = chores.add { [self] in
            do throws(FleetError) {
                _ = try await body.perform(work, for: WorkKey(session: 0))
            } catch {
                note(error, body)
            }
        }
    }

    private func captureTargetWork(for body: CameraBody) -> BodyWork? {
        policy.captureTarget(in: body.info.groups).map {
            BodyWork(
                code: LinkCommand.chooseCaptureTarget.rawValue, CaptureTargetArguments(target: $0),
                limit: limits.commandTime)
        }
    }

    private func note(_ error: FleetError, _ body: CameraBody) {
        logger.warning(
            "the body's capture target could not be set", metadata: ["camera": "\(body.info.id)", "why": "\(error)"])
    }
}
