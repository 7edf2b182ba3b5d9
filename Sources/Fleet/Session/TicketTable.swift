import FleetModel
import NIOConcurrencyHelpers

/// Whose a ticket is, and with whom it ends.
enum TicketOwner: Hashable, Sendable {
    /// A session's: for what is on its body.
    case session(UInt32)
    /// A client's connection: for images that are saved.
    case client(ClientID)
}

/// Every ticket of the fleet, by its text, so that one of another session can be told from one that never was.
///
/// Bounded a session, and for saved images a connection: `unusedTickets` that were never used, and `usedTickets` transfers that can be taken up again, of
/// which the one that was used longest ago is forgotten for a new one.
final class TicketTable: Sendable {
    fileprivate enum Kind {
        case liveView(LiveViewStream, until: ContinuousClock.Instant)
        case transfer(Transfer, lastUse: UInt64?)
    }

    /// What can be taken up again with its ticket.
    fileprivate enum Transfer {
        case download(Download)
        case upload(Upload)
        case saved(SavedDownload)
    }

    fileprivate struct Entry {
        let owner: TicketOwner
        var kind: Kind
    }

    fileprivate struct State {
        var entries: [String: Entry] = [:]
        var byOwner: [TicketOwner: Set<String>] = [:]
        var uses: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let limits: FleetLimits

    init(limits: FleetLimits) {
        self.limits = limits
    }

    /// A ticket for one stream.
    func issue(_ stream: LiveViewStream) throws(FleetError) -> String {
        try issue(.liveView(stream, until: .now + limits.ticketTime), for: .session(stream.session))
    }

    /// A ticket for a download.
    func issue(_ download: Download) throws(FleetError) -> String {
        try issue(.transfer(.download(download), lastUse: nil), for: .session(download.session))
    }

    /// A ticket for an upload.
    func issue(_ upload: Upload, session: UInt32) throws(FleetError) -> String {
        try issue(.transfer(.upload(upload), lastUse: nil), for: .session(session))
    }

    /// A ticket for a saved image, which belongs to the connection that asked.
    func issue(_ download: SavedDownload, for client: ClientID) throws(FleetError) -> String {
        try issue(.transfer(.saved(download), lastUse: nil), for: .client(client))
    }

    private func issue(_ kind: Kind, for owner: TicketOwner) throws(FleetError) -> String {
        let ticket = Ticket.make()
        let isIssued = state.withLockedValue { state in
            var unused = 0
            for ticket in state.byOwner[owner] ?? [] {
                switch state.entries[ticket]?.kind {
                case .liveView(_, let until) where until < .now: state.remove(ticket)
                case .liveView, .transfer(_, lastUse: nil): unused += 1
                case .transfer, nil: break
                }
            }
            guard unused < limits.unusedTickets else { return false }
            state.entries[ticket] = Entry(owner: owner, kind: kind)
            state.byOwner[owner, default: []].insert(ticket)
            return true
        }
        guard isIssued else {
            throw FleetError(
                .tooMany, "\(limits.unusedTickets) tickets were not used yet; use those first.")
        }
        return ticket
    }

    /// Takes the stream of a ticket, which is good for one.
    func takeStream(_ ticket: String, session: UInt32) throws(FleetError) -> LiveViewStream {
        let found: Result<LiveViewStream, FleetError> = state.withLockedValue { state in
            guard let entry = state.entries[ticket], case .liveView(let stream, let until) = entry.kind else {
                return .failure(unknown)
            }
            guard entry.owner == .session(session) else { return .failure(foreign) }
            state.remove(ticket)
            guard until >= .now else { return .failure(unknown) }
            return .success(stream)
        }
        return try found.get()
    }

    /// The download of a ticket.
    func download(_ ticket: String, session: UInt32) throws(FleetError) -> Download {
        guard case .download(let download) = try use(ticket, of: { $0 == .session(session) }) else { throw unknown }
        return download
    }

    /// The upload of a ticket.
    func upload(_ ticket: String, session: UInt32) throws(FleetError) -> Upload {
        guard case .upload(let upload) = try use(ticket, of: { $0 == .session(session) }) else { throw unknown }
        return upload
    }

    /// The saved image of a ticket, which is all the authorisation there is.
    func saved(_ ticket: String) throws(FleetError) -> SavedDownload {
        let isOfClient = { (owner: TicketOwner) in if case .client = owner { true } else { false } }
        guard case .saved(let download) = try use(ticket, of: isOfClient) else { throw unknown }
        return download
    }

    private func use(_ ticket: String, of isOwner: (TicketOwner) -> Bool) throws(FleetError) -> Transfer {
        let found: Result<Transfer, FleetError> = state.withLockedValue { state in
            guard let entry = state.entries[ticket], case .transfer(let transfer, _) = entry.kind else {
                return .failure(unknown)
            }
            guard isOwner(entry.owner) else { return .failure(foreign) }
            state.uses += 1
            state.entries[ticket]?.kind = .transfer(transfer, lastUse: state.uses)
            state.forgetOldest(of: entry.owner, beyond: limits.usedTickets)
            return .success(transfer)
        }
        return try found.get()
    }

    /// Forgets the tickets of a session or a connection that ended; transfers of saved images that run end as well.
    func end(_ owner: TicketOwner) {
        let ended = state.withLockedValue { state in
            defer { if state.entries.isEmpty { state.entries = [:] } }
            return (state.byOwner.removeValue(forKey: owner) ?? []).compactMap { state.entries.removeValue(forKey: $0) }
        }
        for entry in ended {
            if case .transfer(.saved(let download), _) = entry.kind { download.end() }
        }
    }

    private var unknown: FleetError {
        FleetError(.invalidParameter, "The ticket is not known here, was used, or is too old; ask for another.")
    }

    private var foreign: FleetError {
        FleetError(.sessionNotOpen, "The ticket belongs to another session, or is for another command.")
    }
}

extension TicketTable.State {
    fileprivate mutating func remove(_ ticket: String) {
        guard let entry = entries.removeValue(forKey: ticket) else { return }
        byOwner[entry.owner]?.remove(ticket)
    }

    fileprivate mutating func forgetOldest(of owner: TicketOwner, beyond limit: Int) {
        var used = 0
        var oldest: (ticket: String, use: UInt64)?
        for ticket in byOwner[owner] ?? [] {
            guard case .transfer(_, let use?) = entries[ticket]?.kind else { continue }
            used += 1
            if use < oldest?.use ?? .max { oldest = (ticket, use) }
        }
        if used > limit, let oldest { remove(oldest.ticket) }
    }
}
