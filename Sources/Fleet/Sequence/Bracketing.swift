import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// A setting that goes through values, one for each shot, on several bodies: and what each body had before.
struct Bracketing: Sendable {
    private let bracket: SequenceBracket
    private let settings: [BodySettings]
    /// What each body that was set had before; nil where that could not be read.
    private let former = NIOLockedValueBox<[ObjectIdentifier: WidgetValue?]>([:])

    /// Sets bodies to the first value, so that one that no body takes is known at once.
    ///
    /// Throws Invalid_Parameter where there is no value, and what the bodies say where none has taken it.
    static func begin(
        _ bracket: SequenceBracket, on bodies: [CameraBody], for client: ClientID, limit: Duration
    ) async throws(FleetError) -> Bracketing {
        guard 1...mostValues ~= bracket.values.count else {
            throw FleetError(.invalidParameter, "bracket takes from 1 to \(mostValues) values.")
        }
        let settings = bodies.map { BodySettings(body: $0, client: client, limit: limit, isEnded: { false }) }
        let bracketing = Bracketing(bracket: bracket, settings: settings)
        let refusals = await bracketing.set(forShot: 0)
        if refusals.count == settings.count, let first = settings.first,
            let refusal = refusals[ObjectIdentifier(first.body)]
        {
            throw refusal
        }
        return bracketing
    }

    private static let mostValues = 1000

    /// Sets every body to the value of a shot, counted from 0; gives those that did not take it, and why.
    func set(forShot number: Int) async -> [ObjectIdentifier: FleetError] {
        let value = bracket.values[number % bracket.values.count]
        return await Self.each(settings) { [bracket, former] settings in
            // The others do not wait until it is open.
            if let refusal = settings.body.notYetReady { return refusal }
            let body = ObjectIdentifier(settings.body)
            let isFirst = former.withLockedValue { $0[body] == nil }
            let before = isFirst ? try? await settings.widget(bracket.widgetID).value : nil
            if isFirst { former.withLockedValue { $0[body] = .some(before) } }
            do throws(FleetError) {
                _ = try await settings.set(bracket.widgetID, to: value)
                return nil
            } catch {
                if await settings.has(value, in: bracket.widgetID) { return nil }
                // It may have been set all the same, unless it is as it was.
                let now = try? await settings.widget(bracket.widgetID).value
                if isFirst, before == nil || now == before { former.withLockedValue { $0[body] = nil } }
                return error
            }
        }
    }

    /// Gives every body back what it had.
    func restore() async {
        _ = await Self.each(settings) { [bracket, former] settings in
            guard let value = former.withLockedValue({ $0[ObjectIdentifier(settings.body)] ?? nil }) else {
                return Void?.none
            }
            _ = try? await settings.set(bracket.widgetID, to: value)
            return nil
        }
    }

    /// Does the same on each body, all at once; gives the outcomes by body.
    private static func each<Outcome: Sendable>(
        _ settings: [BodySettings], _ work: @escaping @Sendable (BodySettings) async -> Outcome?
    ) async -> [ObjectIdentifier: Outcome] {
        await withTaskGroup(of: (ObjectIdentifier, Outcome?).self) { group in
            for settings in settings {
                group.addTask { (ObjectIdentifier(settings.body), await work(settings)) }
            }
            var outcomes: [ObjectIdentifier: Outcome] = [:]
            for await (body, outcome) in group { outcomes[body] = outcome }
            return outcomes
        }
    }
}
