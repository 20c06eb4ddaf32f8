import Engine
import Testing

@Suite("Rolling reload: what is next")
struct RollingReloadTests {
    private typealias Occupancy = RollingReload.Occupancy

    private static let old = 0
    private static let new = 1

    private static func place(
        _ worker: RollingReload.Occupancy.Worker, _ generation: Int, isChanging: Bool = false, isIdle: Bool = false
    ) -> RollingReload.Occupancy {
        var place = RollingReload.Occupancy(worker, generation: generation)
        place.isChanging = isChanging
        place.isIdle = isIdle
        return place
    }

    private func reload(surges: Bool = true, failure: String? = nil) -> RollingReload {
        var reload = RollingReload(generation: Self.new, settings: .testing(), surges: surges)
        if let failure { reload.failed(failure) }
        return reload
    }

    @Test(arguments: [
        // The first that is of the old version is in hand.
        ([place(.ready, old), place(.ready, old)], RollingReload.Step.replace(0)),
        ([place(.ready, new), place(.ready, old)], .replace(1)),
        ([place(.ready, new), place(.ready, new)], .finish),
        ([], .finish),
        // Nothing else while somebody comes or goes.
        ([place(.ready, old, isChanging: true), place(.ready, old)], .wait),
        ([place(.ready, new, isChanging: true), place(.ready, old)], .wait),
        ([place(.starting, new), place(.ready, old)], .wait),
        ([place(.leaving, old), place(.ready, old)], .wait),
        ([place(.none, new), place(.ready, old)], .wait),
        // Who is not ready serves nobody: no need to wait for it.
        ([place(.starting, old), place(.ready, old)], .drain(0)),
        ([place(.none, old), place(.ready, old)], .start(0)),
        // Nobody is wanted there.
        ([place(.none, old, isIdle: true), place(.ready, old)], .replace(1)),
    ])
    func forward(places: [RollingReload.Occupancy], step: RollingReload.Step) {
        #expect(reload().next(places) == step)
    }

    @Test func withoutSurge() {
        #expect(reload(surges: false).next([Self.place(.ready, Self.old)]) == .drain(0))
    }

    @Test(arguments: [
        ([place(.ready, old), place(.ready, old)], RollingReload.Step.finish),
        ([place(.ready, new), place(.ready, old)], .replace(0)),
        ([place(.starting, new), place(.ready, old)], .drain(0)),
        ([place(.none, new)], .start(0)), ([place(.ready, 7)], .finish),
        // The old version may never have worked: it is not waited for.
        ([place(.none, old)], .finish), ([place(.starting, old)], .finish), ([place(.leaving, old)], .wait),
    ])
    func back(places: [RollingReload.Occupancy], step: RollingReload.Step) {
        #expect(reload(failure: "no weights").next(places) == step)
    }

    @Test func trial() {
        var reload = reload()
        #expect(reload.isOnTrial(Self.new))
        #expect(!reload.isOnTrial(Self.old))
        reload.failed("first")
        reload.failed("second")
        #expect(reload.failure == "first")
        #expect(!reload.isOnTrial(Self.new))
    }
}
