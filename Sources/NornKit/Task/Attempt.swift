final class Attempt: Sendable {}
