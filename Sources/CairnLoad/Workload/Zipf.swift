import Foundation

/// Draws ranks 1 ... n with probability proportional to 1 / rank^s, in O(1) and without tables.
///
/// Rejection-inversion (W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from
/// monotone discrete distributions", ACM TOMACS 6(3), 1996): inverts the integral of the density's
/// continuous hull and accepts nearly always at the first try, for every s >= 0 (s = 1 included).
package struct Zipf: BitwiseCopyable, Sendable {
    private let n: Double
    private let exponent: Double
    private let integralOfFirst: Double
    private let integralOfLast: Double
    private let shortcut: Double

    package init(count: Int, exponent: Double) {
        n = Double(count)
        self.exponent = exponent
        integralOfFirst = Self.integral(1.5, exponent) - 1
        integralOfLast = Self.integral(Double(count) + 0.5, exponent)
        shortcut =
            2 - Self.inverse(Self.integral(2.5, exponent) - Self.density(2, exponent), exponent)
    }

    /// The next rank, 1 for the most popular.
    package func next(_ random: inout LoadRandom) -> Int {
        while true {
            let u = integralOfLast + random.unit() * (integralOfFirst - integralOfLast)
            let x = Self.inverse(u, exponent)
            let k = min(max((x + 0.5).rounded(.down), 1), n)
            if k - x <= shortcut
                || u >= Self.integral(k + 0.5, exponent) - Self.density(k, exponent)
            {
                return Int(k)
            }
        }
    }

    /// The density's hull: x^-s.
    private static func density(_ x: Double, _ s: Double) -> Double { exp(-s * log(x)) }

    /// Its integral: (x^(1-s) - 1) / (1 - s), and log x for s = 1.
    private static func integral(_ x: Double, _ s: Double) -> Double {
        let logX = log(x)
        let t = (1 - s) * logX
        return (abs(t) > 1e-8 ? expm1(t) / t : 1 + t * 0.5 * (1 + t / 3)) * logX
    }

    /// The inverse of the integral.
    private static func inverse(_ u: Double, _ s: Double) -> Double {
        let t = max(u * (1 - s), -1)
        return exp((abs(t) > 1e-8 ? log1p(t) / t : 1 - t * (0.5 - t / 3)) * u)
    }
}
