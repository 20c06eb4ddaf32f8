import Testing
import Worker

@Suite struct WorkerPipeTests {
    @Test func theVariableNamesTheReadingEndFirst() throws {
        let descriptors = try #require(WorkerPipe.descriptors(in: "3,4"))
        #expect(descriptors == (reading: 3, writing: 4))
    }

    @Test(arguments: ["", "3", "3,", ",4", "3,4,5", "3;4", "a,b", "3, 4", "2,3", "0,1", "3,3", "-1,4", "99999999999,4"])
    func whatIsNoPairOfDescriptorsIsRefused(value: String) {
        #expect(WorkerPipe.descriptors(in: value) == nil)
    }
}
