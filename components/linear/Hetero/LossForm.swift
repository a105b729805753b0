/// The shape of a loss that several parties can compute together: of each row only
/// d = forward·z - target·y
/// is needed, where z = Σ w·x over all parties. The gradient is mean(d·x), the loss mean(constant + square·d²).
struct LossForm: Sendable {
    let forward: Double
    let target: Double
    let square: Double
    let constant: Double

    /// The logistic loss to second order (y = ±1): ln 2 - yz/2 + z²/8.
    static let logistic = LossForm(forward: 0.25, target: 0.5, square: 2, constant: 0.6931471805599453 - 0.5)
    /// Half the squared error.
    static let squares = LossForm(forward: 1, target: 1, square: 0.5, constant: 0)
}
