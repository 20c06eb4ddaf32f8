import Glibc

extension LanguageModel {
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
