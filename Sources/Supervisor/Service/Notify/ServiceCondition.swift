/// What a service manager may want to know of the server at one moment.
package struct ServiceCondition: Equatable {
    /// As `/readyz` says.
    package var isReady = false
    /// A worker is on its way to readiness.
    package var isLoading = false
    package var isReloading = false
    /// The server is on its way out.
    package var isStopping = false
    /// One line for people.
    package var text = ""

    package init(
        isReady: Bool = false, isLoading: Bool = false, isReloading: Bool = false, isStopping: Bool = false,
        text: String = ""
    ) {
        self.isReady = isReady
        self.isLoading = isLoading
        self.isReloading = isReloading
        self.isStopping = isStopping
        self.text = text
    }
}
