import CDriverLog
import FleetModel
import GPhoto2
import PacketProtocol

/// The widgets of a body, by name and by path, with protocol.md's types and refusals.
final class WidgetAccess {
    private struct Place {
        let name: String
        let isUnique: Bool
    }

    private let camera: Camera
    /// What a path stands for, learned from the whole tree when a path is first asked for.
    private var places: [String: Place] = [:]
    /// Widgets as they were read last, by name; never more than `mostRead`. Only setting looks at them, for types and choices.
    private var read: [String: (tree: WidgetTree, time: Int64)] = [:]

    private static let mostRead = 64
    /// How long after it was read a widget is still taken for what it was then.
    private static let freshTime: Int64 = 1_000_000_000

    init(camera: Camera) {
        self.camera = camera
    }

    /// GET_WIDGET_CURRENT_VAL, and GET_WIDGET_POSSIBLE_VALS.
    func get(_ identifier: String, choices: Bool) throws -> Widget {
        let (_, node) = try find(identifier)
        return Self.widget(node, values: true, choices: choices)
    }

    /// SET_WIDGET_NEW_VAL: sets, and reads back from the body.
    ///
    /// A widget that was read a moment ago is set as it was then. What the body refuses then, or would have to be refused,
    /// is tried again with the widget as it is now.
    func set(_ arguments: SetWidgetArguments) throws -> Widget {
        if try !setAsRead(arguments) { try setAnew(arguments) }
        return try get(arguments.widgetID, choices: false)
    }

    /// What was read is out of date: the body changed something.
    func forgetRead() {
        read = [:]
    }

    private func setAsRead(_ arguments: SetWidgetArguments) throws -> Bool {
        let name = places[arguments.widgetID].map { $0.isUnique ? $0.name : "" } ?? arguments.widgetID
        guard let (tree, time) = read[name], MonotonicClock.now() - time < Self.freshTime, let node = tree.root,
            !node.isReadOnly
        else { return false }
        do {
            try write(try Self.value(arguments.value, for: node, force: false), to: node, of: tree)
            return true
        } catch is FleetError {
            read[name] = nil
            return false
        }
    }

    private func setAnew(_ arguments: SetWidgetArguments) throws {
        let (tree, node) = try find(arguments.widgetID)
        guard !node.isReadOnly else {
            throw FleetError(.parameterNotSupported, "\(node.name) cannot be set: the body shows it only.")
        }
        try write(
            try Self.value(arguments.value, for: node, force: arguments.force ?? false), to: node, of: tree)
    }

    private func write(_ value: CameraWidgetValue, to node: WidgetTree.Node, of tree: WidgetTree) throws {
        do throws(GPhotoError) {
            try node.set(value)
            if tree.root?.kind == .window {
                try camera.set(tree)
            } else {
                try camera.set(tree, named: node.name)
            }
        } catch {
            throw DriverFailure.ofSetting(error, node.name)
        }
    }

    /// LIST_WIDGETS: every widget but sections and windows, in the tree's order.
    func list(values: Bool) throws -> [Widget] {
        var widgets: [Widget] = []
        walk(tree: try wholeConfiguration()) { path, node in
            var widget = Self.widget(node, values: values, choices: values)
            widget.path = path
            widgets.append(widget)
        }
        return widgets
    }

    // MARK: Finding

    /// The widget of a name or path, alone where that can be told from others by its name, else in the whole tree.
    private func find(_ identifier: String) throws -> (WidgetTree, WidgetTree.Node) {
        guard identifier.hasPrefix("/") else { return try single(identifier) }
        if places[identifier] == nil { try learn() }
        guard let place = places[identifier] else {
            throw FleetError(
                .parameterNotSupported, "The body has no widget \(identifier); the list of widgets tells which it has.")
        }
        if place.isUnique { return try single(place.name) }
        let tree = try configuration()
        var found: WidgetTree.Node?
        walk(tree: tree) { path, node in if found == nil, path == identifier { found = node } }
        guard let found else {
            throw FleetError(.parameterNotSupported, "The body has no widget \(identifier) any more.")
        }
        return (tree, found)
    }

    private func single(_ name: String) throws -> (WidgetTree, WidgetTree.Node) {
        let tree: WidgetTree
        do throws(GPhotoError) {
            tree = try camera.widget(named: name)
        } catch {
            throw Doubt(failure: error, task: .widget(name))
        }
        guard let root = tree.root, root.kind != .section, root.kind != .window else {
            throw FleetError(.parameterNotSupported, "\(name) is no widget with a value.")
        }
        if read.count >= Self.mostRead { forgetRead() }
        read[name] = (tree, MonotonicClock.now())
        return (tree, root)
    }

    /// The tree with everything in it: what a busy body does not tell the driver leaves out, and says nothing. It is asked
    /// again, but not for ever: some bodies are busy for a widget for as long as they are on.
    private func wholeConfiguration() throws -> WidgetTree {
        let deadline = MonotonicClock.now() + Self.busyTime
        while true {
            driver_log_forget_refusal()
            let tree = try configuration()
            guard driver_log_refusal() == DriverFailure.deviceBusy, MonotonicClock.now() < deadline else { return tree }
            MonotonicClock.pause(milliseconds: Releasing.busyPause)
        }
    }

    private static let busyTime: Int64 = 2_000_000_000

    private func configuration() throws -> WidgetTree {
        do throws(GPhotoError) {
            let tree = try camera.configuration()
            // Of a body that goes meanwhile the driver makes a tree that lacks what it could not read, and no error.
            try LifeSign.ask(of: camera)
            return tree
        } catch {
            throw Doubt(failure: error, task: .other)
        }
    }

    private func learn() throws {
        var found: [(path: String, name: String)] = []
        walk(tree: try configuration()) { path, node in found.append((path, node.name)) }
        let counts = Dictionary(found.map { ($0.name, 1) }, uniquingKeysWith: +)
        places = Dictionary(
            found.map { ($0.path, Place(name: $0.name, isUnique: counts[$0.name] == 1)) },
            uniquingKeysWith: { first, _ in first })
    }

    private func walk(tree: WidgetTree, _ visit: (String, WidgetTree.Node) -> Void) {
        func walk(_ node: WidgetTree.Node, _ path: String) {
            switch node.kind {
            case .window, .section: for child in node.children { walk(child, "\(path)/\(child.name)") }
            default: visit(path, node)
            }
        }
        if let root = tree.root { walk(root, "/\(root.name)") }
    }

    // MARK: Values

    private static func widget(_ node: WidgetTree.Node, values: Bool, choices: Bool) -> Widget {
        var widget = Widget(name: node.name, type: type(node.kind), label: node.label, readonly: node.isReadOnly)
        if values { widget.value = value(node) }
        guard choices else { return widget }
        switch node.kind {
        case .radio, .menu: widget.choices = node.choices
        case .range:
            let range = node.range
            widget.range = WidgetRange(min: range.min, max: range.max, step: range.step)
        default: break
        }
        return widget
    }

    private static func type(_ kind: CameraWidgetKind) -> WidgetType {
        switch kind {
        case .window, .section: .section
        case .text: .text
        case .range: .range
        case .toggle: .toggle
        case .radio: .radio
        case .menu: .menu
        case .button: .button
        case .date: .date
        }
    }

    private static func value(_ node: WidgetTree.Node) -> WidgetValue {
        switch node.value {
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .state(let state): state == 0 || state == 1 ? .toggle(state == 1) : .none
        case .seconds(let seconds): .integer(Int64(seconds))
        case .none: .none
        }
    }

    /// A client's value as the widget takes it; nothing is converted from one JSON type to another.
    private static func value(
        _ value: WidgetValue, for node: WidgetTree.Node, force: Bool
    ) throws(FleetError) -> CameraWidgetValue {
        switch (node.kind, value) {
        case (.text, .text(let text)): return .text(text)
        case (.radio, .text(let text)), (.menu, .text(let text)):
            guard force || node.choices.contains(text) else {
                throw FleetError(
                    .invalidParameter,
                    "\(node.name) has no choice \(text); it has \(node.choices.prefix(40).joined(separator: ", ")).")
            }
            return .text(text)
        case (.range, .number), (.range, .integer):
            guard let number = value.asNumber else { break }
            let range = node.range
            let steps = range.step > 0 ? Double(number - range.min) / Double(range.step) : 0
            let isWithin = range.min <= number && number <= range.max && abs(steps - steps.rounded()) < 0.01
            guard force || isWithin else {
                throw FleetError(
                    .invalidParameter,
                    "\(node.name) goes from \(range.min) to \(range.max) in steps of \(range.step).")
            }
            return .number(number)
        case (.toggle, .toggle(let isOn)): return .state(isOn ? 1 : 0)
        case (.date, .integer(let seconds)):
            guard let seconds = Int32(exactly: seconds) else { break }
            return .seconds(seconds)
        case (.button, .none): return .none
        default: break
        }
        throw FleetError(.invalidParameter, "\(node.name) takes \(wanted(node.kind)).")
    }

    private static func wanted(_ kind: CameraWidgetKind) -> String {
        switch kind {
        case .text: "a string"
        case .radio, .menu: "a string, one of its choices"
        case .range: "a number"
        case .toggle: "true or false"
        case .date: "a whole number of seconds since 1970"
        case .button: "null"
        case .window, .section: "no value"
        }
    }
}
