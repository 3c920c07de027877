/// Metrics of which no two have lines of one name, unless they have one name and type.
struct MetricTable {
    /// The metrics of one name and type, which have different labels.
    struct Family: Hashable {
        let name: String
        let type: String
    }

    struct Conflict {
        let refused: Family
        let shown: Family
    }

    private(set) var all: [Series: any Metric] = [:]
    /// The families by the names of their lines.
    private var families: [String: Family] = [:]
    private var refused: Set<Family> = []

    /// - Returns: the reason why the metric was not added, for the first one of its family only.
    mutating func add(_ metric: some Metric, _ series: Series) -> Conflict? {
        let family = Family(name: series.name, type: metric.type)
        let names = metric.lineNames(of: series.name)
        let known = all[series]
        let other = names.compactMap { families[$0] }.first { $0 != family }
        guard other == nil, known == nil || (known is ObservedMetric && metric is ObservedMetric) else {
            guard refused.insert(family).inserted else { return nil }
            return Conflict(refused: family, shown: other ?? family)
        }
        all[series] = metric
        for name in names { families[name] = family }
        return nil
    }

    mutating func remove(_ metric: AnyObject) {
        guard let series = all.first(where: { $0.value === metric })?.key else { return }
        all[series] = nil
        guard !all.keys.contains(where: { $0.name == series.name }) else { return }
        families = families.filter { $0.value.name != series.name }
    }
}
