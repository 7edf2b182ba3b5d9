extension Finding {
    /// Adds what each build of the bare program did, and the bound on the ratio of medians, fleet / bare.
    mutating func compare(
        _ fleet: Samples, _ unit: String, with bare: [BareCamera.Build: [BareCamera.Result]],
        by values: (BareCamera.Result) -> [Double], bound: (BareCamera.Build, _ ratio: Double) -> Bound
    ) {
        for build in BareCamera.Build.allCases {
            let results = bare[build] ?? []
            let samples = Samples(results.flatMap(values))
            figures.append(
                .init(build.rawValue, unit, samples, processor: ["itself": Samples(results.map(\.processor)).median]))
            bounds.append(bound(build, fleet.median / samples.median))
        }
    }
}
