import NornMath
import Testing

/// Steps for these gradients at rate 0.1, decay 1 with square root, computed with numpy from the published formulas.
private let gradients = [[0.5, -2.0], [-0.25, 1.0], [0.1, 0.3]]

@Suite struct OptimizerTests {
    @Test(arguments: [
        (
            OptimizerMethod.sgd,
            [[0.05, -0.2], [-0.0176776695297, 0.0707106781187], [0.0057735026919, 0.0173205080757]]
        ),
        (
            .rmsprop,
            [[0.99980005998, -0.999987500234], [-0.317449120158, 0.317497116941], [0.102543878941, 0.0774557942313]]
        ),
        (
            .adagrad,
            [[0.09999998, -0.099999995], [-0.0316227709448, 0.0316227751875], [0.0101665695653, 0.00767717988863]]
        ),
        (
            .adam,
            [[0.099999998, -0.0999999995], [0.018832872206, -0.0188328725634], [0.0182005952391, -0.00687207743253]]
        ),
        (.nesterov, [[0.095, -0.38], [0.00691242789364, -0.0276497115746], [0.0331007427956, -0.0556153853801]]),
    ])
    func stepsFollowTheFormula(method: OptimizerMethod, expected: [[Double]]) {
        var optimizer = Optimizer(method, rate: LearningRate(0.1))
        for (epoch, gradient) in gradients.enumerated() {
            let step = optimizer.step(gradient, epoch: epoch)
            for (value, wanted) in zip(step, expected[epoch]) { #expect(abs(value - wanted) < 1e-10) }
        }
    }

    @Test func everyMethodOfFATEHasItsName() {
        #expect(OptimizerMethod(rawValue: "nesterov_momentum_sgd") == .nesterov)
        #expect(OptimizerMethod.allCases.count == 5)
    }

    @Test func learningRateDecaysByEpochs() {
        #expect(LearningRate(0.6).value(epoch: 0) == 0.6)
        #expect(LearningRate(0.6).value(epoch: 3) == 0.3)
        #expect(abs(LearningRate(0.6, usesSquareRoot: false).value(epoch: 3) - 0.15) < 1e-15)
        #expect(LearningRate(0.6, decay: 0).value(epoch: 50) == 0.6)
    }
}

@Suite struct RegularizerTests {
    @Test func ridgeAddsToLossAndGradient() {
        let ridge = Regularizer(.l2, alpha: 0.5)
        #expect(ridge.loss([3, -4]) == 6.25)
        #expect(ridge.gradient([3, -4]) == [1.5, -2])
        #expect(ridge.update([3, -4], step: [1, 1], rate: 0.1, epoch: 0) == [2, -5])
    }

    @Test func lassoShrinksTowardsZeroAndStopsThere() {
        let lasso = Regularizer(.l1, alpha: 2)
        #expect(lasso.loss([3, -4]) == 14)
        #expect(lasso.gradient([3, -4]) == [0, 0])
        // shrinkage 2 · 0.5 / sqrt(4) = 0.5
        #expect(lasso.update([3, -4, 0.4], step: [1, 1, 0], rate: 0.5, epoch: 3) == [1.5, -4.5, 0])
    }

    @Test func nonePenalisesNothing() {
        let none = Regularizer(.none, alpha: 9)
        #expect(none.loss([3, -4]) == 0)
        #expect(none.gradient([3]) == [0])
        #expect(none.update([3], step: [1], rate: 1, epoch: 0) == [2])
    }
}

@Suite struct ConvergenceTests {
    /// What a rule says after each of some epochs.
    private func outcomes(
        _ rule: ConvergenceRule, _ tolerance: Double, losses: [Double], steps: [[Double]] = []
    ) -> [Bool] {
        var convergence = Convergence(rule, tolerance: tolerance)
        return losses.indices.map { convergence.isReached(loss: losses[$0], steps: steps.isEmpty ? [] : steps[$0]) }
    }

    @Test func differenceNeedsTwoEpochs() {
        #expect(outcomes(.diff, 0.01, losses: [0.5, 0.4, 0.405]) == [false, false, true])
    }

    @Test func absoluteAndWeightRules() {
        #expect(outcomes(.abs, 0.1, losses: [0.11, 0.1]) == [false, true])
        #expect(outcomes(.weightDiff, 0.5, losses: [0, 9], steps: [[0.3, 0.4], [0.3, -0.39]]) == [false, true])
    }

    @Test func aLossThatIsNoNumberNeverConverges() {
        #expect(outcomes(.diff, 1, losses: [.nan, .nan]) == [false, false])
        #expect(outcomes(.abs, 1, losses: [.nan, .nan]) == [false, false])
    }
}

@Suite struct BatchesTests {
    @Test func rowsAreCutInOrder() {
        #expect(Batches(rows: 7, size: 3).inOrder() == [[0, 1, 2], [3, 4, 5], [6]])
        #expect(Batches(rows: 7, size: nil).inOrder() == [[0, 1, 2, 3, 4, 5, 6]])
        #expect(Batches(rows: 3, size: 100).count == 1)
        #expect(Batches(rows: 0, size: 10).inOrder().isEmpty)
        #expect(Batches(rows: 7, size: 3).sizes == [3, 3, 1])
        #expect(Batches(rows: 7, size: 3, smallest: 2).sizes == [3, 4])
        #expect(Batches(rows: 8, size: 3, smallest: 2).sizes == [3, 3, 2])
        #expect(Batches(rows: 2, size: 10, smallest: 5).sizes == [2])
        #expect(Batches(rows: 7, size: 3, smallest: 2).split([6, 5, 4, 3, 2, 1, 0]) == [[6, 5, 4], [3, 2, 1, 0]])
    }

    @Test func aShuffleKeepsEveryRowOnce() {
        var generator = SeededGenerator(seed: 7)
        let batches = Batches(rows: 50, size: 20).shuffled(using: &generator)
        #expect(batches.map(\.count) == [20, 20, 10])
        #expect(batches.flatMap { $0 }.sorted() == Array(0..<50))
        #expect(batches.flatMap { $0 } != Array(0..<50))
        let others = Batches(rows: 50, size: 20).shuffled(using: &generator)
        #expect(others != batches)
        #expect(Batches(rows: 50, size: 20).split(batches.flatMap { $0 }) == batches)
        #expect(Batches(rows: 3, size: 2).split([0, 1, 1]) == nil)
        #expect(Batches(rows: 3, size: 2).split([0, 1, 3]) == nil)
    }
}

@Suite struct WeightInitializerTests {
    @Test func constantsAndSeeds() {
        var generator = SeededGenerator(seed: 1)
        let fixed = [WeightInitializer.zeros, .ones, .constant(2.5)].map { $0.weights(2, using: &generator) }
        #expect(fixed == [[0, 0], [1, 1], [2.5, 2.5]])
        var (first, second) = (SeededGenerator(seed: 5), SeededGenerator(seed: 5))
        #expect(
            WeightInitializer.normal.weights(9, using: &first) == WeightInitializer.normal.weights(9, using: &second))
    }

    @Test func randomWeightsHaveTheirDistribution() {
        var generator = SeededGenerator(seed: 42)
        let uniform = WeightInitializer.uniform.weights(20000, using: &generator)
        #expect(uniform.allSatisfy { 0..<1 ~= $0 })
        #expect(abs(uniform.reduce(0, +) / 20000 - 0.5) < 0.01)
        let normal = WeightInitializer.normal.weights(20000, using: &generator)
        #expect(abs(normal.reduce(0, +) / 20000) < 0.03)
        #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / 20000 - 1) < 0.05)
        #expect(abs(Double(normal.count { abs($0) > 1.96 }) / 20000 - 0.05) < 0.01)
    }
}
