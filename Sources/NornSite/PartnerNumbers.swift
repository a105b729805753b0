import NornFlow

/// The numbers in what a partner's site says. The heart adds and multiplies them, so they are held to the ranges that
/// a conf's are held to here, and sums of them to what cannot overflow.
enum PartnerNumbers {
    static let tasksMaximum = 1000
    static let partiesMaximum = 1024
    static let referencesMaximum = 4096
    static let attemptsMaximum = 4096
    static let siteNameBytesMaximum = 256
    static let textBytesMaximum = 16_384
    static let predictDSLBytesMaximum = 1 << 20
    static let seconds = 1...(366 * 86_400)
    /// A Spark conf multiplies two numbers of at most 4096.
    static let cores = 1...(1 << 24)
    static let workingNodes = 1...4096
    static let partitions = 1...65_536
    static let memoryBytes: ClosedRange<Int64> = 1...(1 << 46)
    static let parallelism = 1...1024
    static let retries = 0...100
    static let priority = -1000...1000
    static let rounds = 0...(1 << 31)
    static let attemptNumbers = 0...(1 << 20)
    static let indexes = 0...65_536
    /// Of a job at one party, and at one site: 1024 of the largest still fit a 64-bit number together.
    static let claimedAmount: ClosedRange<Int64> = 0...(1 << 52)
    static let amount: ClosedRange<Int64> = 0...(1 << 62)
    static let countersMaximum: UInt64 = 1 << 62

    /// What is wrong first, in words; nil when all numbers are in range.
    static func flaw(in message: Message) -> String? {
        var check = RangeCheck()
        switch message {
        case .orders(let orders): check.take(orders)
        case .report(let report): check.take(report)
        }
        return check.flaw
    }
}

/// Goes through a message and keeps the first number that is out of range.
private struct RangeCheck {
    private typealias Limits = PartnerNumbers
    private(set) var flaw: String?

    // MARK: Orders

    mutating func take(_ orders: Orders) {
        let body = orders.body
        counters([orders.fence, orders.number, orders.acknowledgedReport, orders.heartbeat])
        number(body.reservation.round, Limits.rounds, "the round")
        resources(body.reservation.together, Limits.amount)
        number(body.taskStatuses.count, 0...Limits.tasksMaximum, "the count of tasks")
        number(body.attempts.count, 0...Limits.attemptsMaximum, "the count of attempts")
        failure(body.endFailure)
        for attempt in body.attempts {
            number(attempt.number, Limits.attemptNumbers, "the number of an attempt")
            failure(attempt.stop)
            number(attempt.inputs.count, 0...Limits.referencesMaximum, "the count of inputs")
            for input in attempt.inputs {
                number(input.attempt, Limits.attemptNumbers, "the number of an attempt")
                number(input.index, Limits.indexes, "an index")
            }
        }
        if let contract = orders.contract { take(contract) }
    }

    private mutating func take(_ job: Job) {
        let isChange = job.parameters.modelChange != nil
        number(job.tasks.count, isChange ? 0...0 : 1...Limits.tasksMaximum, "the count of tasks")
        if let change = job.parameters.modelChange { take(change) }
        number(job.parties.count, 1...Limits.partiesMaximum, "the count of parties")
        take(job.parameters)
        for task in job.tasks {
            number(task.parties.count, 1...Limits.partiesMaximum, "the count of a task's parties")
            number(task.inputs.count, 0...Limits.referencesMaximum, "the count of inputs")
            number(task.outputs.count, 0...Limits.referencesMaximum, "the count of outputs")
            number(task.timeoutSeconds, Limits.seconds, "a task's timeout")
            for input in task.inputs { number(input.index, Limits.indexes, "an index") }
        }
    }

    private mutating func take(_ change: ModelChange) {
        number(change.predictDSL.utf8.count, 0...Limits.predictDSLBytesMaximum, "the length of a predict DSL")
        number(change.checkpoints.count, 0...Limits.tasksMaximum, "the count of checkpoints")
        for checkpoint in change.checkpoints { number(checkpoint.step, Limits.indexes, "the number of a checkpoint") }
        number(change.moves.count, 0...Limits.partiesMaximum, "the count of parties that move")
    }

    private mutating func take(_ parameters: JobParameters) {
        number(parameters.taskParallelism, Limits.parallelism, "task_parallelism")
        number(parameters.timeoutSeconds, Limits.seconds, "timeout")
        number(parameters.autoRetries, Limits.retries, "auto_retries")
        number(parameters.autoRetryDelaySeconds, 0...Limits.seconds.upperBound, "auto_retry_delay")
        number(parameters.priority, Limits.priority, "priority")
        number(parameters.components.count, 0...Limits.tasksMaximum, "the count of components")
        for identity in parameters.components.values {
            let bytes = [identity.plugin, identity.version, identity.contract, identity.library].map(\.utf8.count).max()
            number(bytes, 0...Limits.siteNameBytesMaximum, "the length of a component's identity")
        }
        number(parameters.partySizes.count, 0...Limits.partiesMaximum, "the count of parties with own sizes")
        for sizes in [parameters.sizes] + parameters.partySizes.values {
            number(sizes.taskCores, Limits.cores, "task_cores")
            number(sizes.computingPartitions, Limits.partitions, "computing_partitions")
            number(sizes.memoryBytes, Limits.memoryBytes, "memory_bytes")
            number(sizes.workingNodes, Limits.workingNodes, "the number of working nodes")
        }
    }

    // MARK: Reports

    mutating func take(_ report: Report) {
        let body = report.body
        counters([report.epoch, report.fence, report.number, report.acknowledgedOrders, report.heartbeat])
        number(report.site.utf8.count, 0...Limits.siteNameBytesMaximum, "the length of the site's name")
        resources(body.claim?.resources, Limits.claimedAmount)
        resources(body.capacity, Limits.amount)
        number(body.reservation.round, Limits.rounds, "the round")
        number(body.reservation.shortage?.place, Limits.rounds, "the place in a queue")
        for missing in body.reservation.shortage?.missing ?? [] {
            number(missing.wanted, Limits.amount, "an amount")
            number(missing.available, -Limits.amount.upperBound...Limits.amount.upperBound, "an amount")
        }
        failure(body.failure)
        number(body.attempts.count, 0...Limits.attemptsMaximum, "the count of attempts")
        for attempt in body.attempts {
            number(attempt.number, Limits.attemptNumbers, "the number of an attempt")
            failure(attempt.failure)
        }
    }

    // MARK: Values

    private mutating func number<Number: BinaryInteger>(
        _ value: Number?, _ range: ClosedRange<Number>, _ what: String
    ) {
        guard flaw == nil, let value, !range.contains(value) else { return }
        flaw = "\(what) is \(value), not \(range.lowerBound) to \(range.upperBound)"
    }

    private mutating func resources(_ resources: Resources?, _ range: ClosedRange<Int64>) {
        guard let resources else { return }
        number(Int64(resources.cores), range, "an amount of cores")
        number(resources.memoryBytes, range, "an amount of memory")
        number(Int64(resources.workingNodes), range, "an amount of working nodes")
    }

    private mutating func failure(_ failure: Failure?) {
        guard let failure else { return }
        let bytes = failure.what.utf8.count + failure.advice.utf8.count + (failure.field?.utf8.count ?? 0)
        number(bytes, 0...Limits.textBytesMaximum, "the length of a failure's words")
    }

    private mutating func counters(_ counters: [UInt64]) {
        for counter in counters { number(counter, 0...Limits.countersMaximum, "a counter") }
    }
}
