import NornKit

/// What the guest's labels mean to the models: -1 and 1 for classes, themselves in a regression.
struct Targets: Sendable {
    /// what means no and what yes, or every class of one-vs-rest; empty in a regression
    let classes: [Double]

    /// - Parameter field: the input, for errors
    init(_ instances: Instances, form: LossForm, field: String) throws {
        guard instances.rows > 0 else {
            throw ComponentError.invalid(field: field, "the table has no rows: is the intersection empty?")
        }
        guard let labels = instances.labels else {
            throw ComponentError.invalid(
                field: "label", "the guest's table has no label: set with_label in DataTransform")
        }
        guard labels.allSatisfy(\.isFinite) else {
            throw ComponentError.invalid(field: "label", "a row has a label that is no finite number")
        }
        guard instances.rows >= ParameterLimits.smallestBatch else {
            throw ComponentError.invalid(
                field: field,
                "the table has \(instances.rows) rows: sums over fewer than \(ParameterLimits.smallestBatch) would tell "
                    + "the other parties what is in them")
        }
        classes = form.constant == 0 ? [] : try Self.classes(labels)
    }

    /// Labels 0 and 1 mean no and yes even where all rows have one of them; of two others the larger means yes.
    static func classes(_ labels: [Double]) throws -> [Double] {
        let found = Set(labels).sorted()
        if found.allSatisfy({ $0 == 0 || $0 == 1 }) { return [0, 1] }
        guard found.count >= 2 else {
            throw ComponentError.invalid(field: "label", "all rows have the label \(className(found[0]))")
        }
        guard found.count <= Plan.mostModels else {
            throw ComponentError.invalid(
                field: "label", "it has \(found.count) classes, more than \(Plan.mostModels): is it a class?")
        }
        return found
    }

    /// Models to train: one, or one a class.
    var models: Int { classes.count > 2 ? classes.count : 1 }

    /// The label that means yes to a model; nil in a regression.
    func yes(_ model: Int?) -> Double? { model.map { classes[$0] } ?? classes.last }

    /// y of each row.
    func values(_ instances: Instances, model: Int?) -> [Double] {
        let labels = instances.labels ?? []
        guard let yes = yes(model) else { return labels }
        return labels.map { $0 == yes ? 1 : -1 }
    }
}
