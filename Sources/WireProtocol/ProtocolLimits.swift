/// Every number of the protocol, with its reason.
public enum ProtocolLimits {
    /// Bytes of payload in one frame, unless the supervisor's hello names another: 64 MiB.
    ///
    /// A reader must hold a frame whole before it can act on it; 64 MiB is more than any message between processes of
    /// one machine should put through a pipe, and what one worker can make the supervisor hold.
    public static let maximumPayloadLength = 64 << 20

    /// The least that a hello may name as the longest payload: 64 KiB, so that no control message needs to ask.
    public static let minimumPayloadLimit = 64 << 10

    /// Bytes of payload above which a `predict` or `output` should go by file when both ends can: 1 MiB.
    ///
    /// It is what the pipe itself holds at most by default, so that no frame blocks its writer for more than one turn
    /// of the reader.
    public static let inlinePayloadLength = 1 << 20

    /// Runs that one worker may have at once, over all its handlers: 1,024.
    ///
    /// Bounds the tables of both ends; a worker that wants more should be several processes.
    public static let maximumSlots = 1_024

    /// Handlers that one worker may declare: 256. The manifest is read by people and sent to every client.
    public static let maximumHandlers = 256

    /// Bytes in the name of a handler: 64. It stands in configuration files and URLs.
    public static let maximumHandlerNameLength = 64

    /// Bytes in the name of a metric: 128. Names become keys of answers and labels of charts.
    public static let maximumMetricNameLength = 128

    /// Bytes in the id of a prediction: 255, as in the HTTP interface.
    public static let maximumPredictionIDLength = 255

    /// Bytes in the name of a spill file or of a file output in the spool directory: 255, as file systems have it.
    public static let maximumFileNameLength = 255

    /// The largest integer in a payload: 2⁵³ − 1, the largest that every JSON library reads back unchanged.
    public static let maximumInteger: UInt64 = (1 << 53) - 1

    /// Memory that a decoder keeps for the next partial frame: 64 KiB; what a large frame took beyond it is given back.
    static let retainedPartialCapacity = 64 << 10

    /// Memory that a decoder takes at first for a partial frame: 4 KiB, a page.
    static let initialPartialCapacity = 4 << 10
}
