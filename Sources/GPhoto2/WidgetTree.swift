import CGPhoto2

/// The kinds of libgphoto2's widgets (CameraWidgetType).
public enum CameraWidgetKind: Sendable, Hashable {
    case window, section, text, range, toggle, radio, menu, button, date

    init?(_ type: CameraWidgetType) {
        switch type {
        case GP_WIDGET_WINDOW: self = .window
        case GP_WIDGET_SECTION: self = .section
        case GP_WIDGET_TEXT: self = .text
        case GP_WIDGET_RANGE: self = .range
        case GP_WIDGET_TOGGLE: self = .toggle
        case GP_WIDGET_RADIO: self = .radio
        case GP_WIDGET_MENU: self = .menu
        case GP_WIDGET_BUTTON: self = .button
        case GP_WIDGET_DATE: self = .date
        default: return nil
        }
    }
}

/// A widget's value, as C holds it for its kind.
public enum CameraWidgetValue: Sendable, Hashable {
    /// Of a text, a radio or a menu.
    case text(String)
    /// Of a range.
    case number(Float)
    /// Of a toggle: 0, 1, or 2 for neither.
    case state(Int32)
    /// Of a date: seconds since 1970.
    case seconds(Int32)
    /// Of a button.
    case none
}

/// A tree of widgets, or one alone: it owns the root (gp_widget_unref frees all below it).
public final class WidgetTree {
    /// One widget of the tree. It keeps the tree alive.
    public struct Node {
        fileprivate let tree: WidgetTree
        fileprivate let pointer: OpaquePointer
        /// The kind.
        public let kind: CameraWidgetKind
        /// The name, such as `iso`.
        public let name: String
        /// The label, for a person.
        public let label: String
    }

    fileprivate let pointer: OpaquePointer

    fileprivate init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        gp_widget_unref(pointer)
    }

    /// The root: the window of a whole tree, or the widget that stands alone.
    public var root: Node? { node(pointer) }

    private func node(_ pointer: OpaquePointer) -> Node? {
        var type = GP_WIDGET_WINDOW
        var name: UnsafePointer<CChar>?
        var label: UnsafePointer<CChar>?
        guard gp_widget_get_type(pointer, &type) >= 0, let kind = CameraWidgetKind(type) else { return nil }
        _ = gp_widget_get_name(pointer, &name)
        _ = gp_widget_get_label(pointer, &label)
        let text = label.map { String(cString: $0) } ?? ""
        let word = name.map { String(cString: $0) } ?? ""
        return Node(tree: self, pointer: pointer, kind: kind, name: word.isEmpty ? text : word, label: text)
    }

    fileprivate func children(of parent: OpaquePointer) -> [Node] {
        (0..<max(0, gp_widget_count_children(parent))).compactMap { index in
            var child: OpaquePointer?
            guard gp_widget_get_child(parent, index, &child) >= 0, let child else { return nil }
            return node(child)
        }
    }
}

extension WidgetTree.Node {
    /// The widgets in it, in order.
    public var children: [WidgetTree.Node] { tree.children(of: pointer) }

    /// Whether the body refuses to have it set (gp_widget_get_readonly).
    public var isReadOnly: Bool {
        var isReadOnly: Int32 = 0
        return gp_widget_get_readonly(pointer, &isReadOnly) >= 0 && isReadOnly != 0
    }

    /// The texts to choose from (gp_widget_get_choice).
    public var choices: [String] {
        (0..<max(0, gp_widget_count_choices(pointer))).compactMap { index in
            var choice: UnsafePointer<CChar>?
            guard gp_widget_get_choice(pointer, index, &choice) >= 0 else { return nil }
            return choice.map { String(cString: $0) }
        }
    }

    /// The limits of a range (gp_widget_get_range).
    public var range: (min: Float, max: Float, step: Float) {
        var (min, max, step) = (Float(0), Float(0), Float(0))
        guard kind == .range, gp_widget_get_range(pointer, &min, &max, &step) >= 0 else { return (0, 0, 0) }
        return (min, max, step)
    }

    /// The value (gp_widget_get_value).
    public var value: CameraWidgetValue {
        switch kind {
        case .text, .radio, .menu:
            var text: UnsafePointer<CChar>?
            guard gp_widget_get_value(pointer, &text) >= 0 else { return .text("") }
            return .text(text.map { String(cString: $0) } ?? "")
        case .range:
            var number: Float = 0
            return gp_widget_get_value(pointer, &number) >= 0 ? .number(number) : .number(.nan)
        case .toggle:
            var state: Int32 = 2
            return gp_widget_get_value(pointer, &state) >= 0 ? .state(state) : .state(2)
        case .date:
            var seconds: Int32 = 0
            return gp_widget_get_value(pointer, &seconds) >= 0 ? .seconds(seconds) : .seconds(0)
        case .button, .window, .section: return .none
        }
    }

    /// Sets the value in the widget; `Camera.set` brings it to the body (gp_widget_set_value).
    ///
    /// Throws GP_ERROR_BAD_PARAMETERS for a value of another kind's.
    public func set(_ value: CameraWidgetValue) throws(GPhotoError) {
        switch (kind, value) {
        case (.text, .text(let text)), (.radio, .text(let text)), (.menu, .text(let text)):
            try check(gp_widget_set_value(pointer, text))
        case (.range, .number(var number)): try check(gp_widget_set_value(pointer, &number))
        case (.toggle, .state(var state)): try check(gp_widget_set_value(pointer, &state))
        case (.date, .seconds(var seconds)): try check(gp_widget_set_value(pointer, &seconds))
        case (.button, .none): break
        default: throw GPhotoError(.badParameters)
        }
        _ = gp_widget_set_changed(pointer, 1)
    }
}

extension Camera {
    /// The whole configuration (gp_camera_get_config): on some bodies hundreds of transactions.
    public func configuration() throws(GPhotoError) -> WidgetTree {
        var widget: OpaquePointer?
        try check(gp_camera_get_config(pointer, &widget, context.pointer), context)
        guard let widget else { throw GPhotoError(.unspecified) }
        return WidgetTree(owning: widget)
    }

    /// One widget, alone (gp_camera_get_single_config).
    ///
    /// Throws GP_ERROR_BAD_PARAMETERS when the body has none of that name.
    public func widget(named name: String) throws(GPhotoError) -> WidgetTree {
        var widget: OpaquePointer?
        try check(gp_camera_get_single_config(pointer, name, &widget, context.pointer), context)
        guard let widget else { throw GPhotoError(.badParameters) }
        return WidgetTree(owning: widget)
    }

    /// Brings one widget's value to the body (gp_camera_set_single_config).
    public func set(_ widget: WidgetTree, named name: String) throws(GPhotoError) {
        try check(gp_camera_set_single_config(pointer, name, widget.pointer, context.pointer), context)
    }

    /// Brings every changed value of a whole tree to the body (gp_camera_set_config).
    public func set(_ configuration: WidgetTree) throws(GPhotoError) {
        try check(gp_camera_set_config(pointer, configuration.pointer, context.pointer), context)
    }
}
