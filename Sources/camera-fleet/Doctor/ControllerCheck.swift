/// How many bodies there are at each USB controller. One has 64 to 96 endpoints to give for all that hangs on it, and a body
/// takes four.
struct ControllerCheck: MachineCheck {
    /// From so many bodies on, hubs included, the endpoints may end.
    private static let many = 24

    var bodies: [SeenBody]

    func findings(on machine: Machine) -> [Finding] {
        let groups = Dictionary(grouping: bodies, by: \.controller).sorted { $0.key < $1.key }
        return groups.map { controller, bodies in
            let count = bodies.count
            let sentence =
                "\(count) \(count == 1 ? "camera is" : "cameras are") at the USB controller \(controller)"
            guard count >= Self.many else { return .ok("controller", "\(sentence).") }
            return .hint(
                "controller", "\(sentence); near 30 a controller has no endpoints left, and further ones do not come.",
                remedy:
                    "Spread the cameras over more controllers: a PCIe card with a controller a socket, not more hubs.")
        }
    }
}
