/// What no deployment may be called: each is, or may become, the first segment of a path of the server.
package enum ReservedNames {
    /// The words. A name with a dot (`openapi.json`) needs no entry: deployment names have none.
    package static let all: Set<String> = [
        "admin", "api", "assets", "auth", "batches", "cancel", "capabilities", "config", "debug", "deployments",
        "docs", "drain", "events", "favicon", "files", "health", "health-check", "healthcheck", "healthz", "internal",
        "invocations", "livez", "login", "logout", "logs", "metrics", "openapi", "ping", "playground", "predictions",
        "readyz", "redoc", "reload", "replay", "robots", "shutdown", "startupz", "static", "status", "stream",
        "stream-tokens",
        "tokens", "trainings", "ui", "uploads", "v1", "v2", "v3", "version", "webhooks", "well-known",
    ]
}
