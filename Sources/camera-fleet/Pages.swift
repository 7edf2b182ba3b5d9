/// So many items at most of a list that the server gives in pages, which may be shorter than is asked for. `page` gets how
/// many are wanted still, and the last that came; an empty page is the end.
func pages<Item>(
    upTo limit: Int, _ page: (_ rest: Int, _ last: Item?) async throws -> [Item]
) async throws -> [Item] {
    var items: [Item] = []
    while items.count < limit {
        let next = try await page(limit - items.count, items.last)
        guard !next.isEmpty else { break }
        items += next
    }
    return items
}
