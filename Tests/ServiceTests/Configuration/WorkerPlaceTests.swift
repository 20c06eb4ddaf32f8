import Engine
import Service
import Testing

/// Which device, port and variables the worker in a place has.
@Suite struct WorkerPlaceTests {
    private func deployment(_ text: String) throws -> DeploymentConfiguration {
        let file = #"{"deployments": [{"name": "echo", "command": ["worker"], \#(text)}]}"#
        return try Loading.configuration(file).deployments[0]
    }

    private func variables(_ place: Int, of deployment: DeploymentConfiguration) -> [String: String] {
        let entries = WorkerPlace(place, of: deployment).environment(over: deployment.environment)
        return Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    @Test func placesTakeDevicesInTurn() throws {
        let deployment = try deployment(#""devices": ["0", "MIG-7/1/0"], "workers_per_device": 2"#)
        #expect(deployment.workers == 4)
        let devices = (0..<6).map { WorkerPlace($0, of: deployment).device }
        // Beyond the four that were asked for, too: a pool can be scaled while it runs.
        #expect(devices == ["0", "MIG-7/1/0", "0", "MIG-7/1/0", "0", "MIG-7/1/0"])
        let variables = variables(1, of: deployment)
        for name in ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"] {
            #expect(variables[name] == "MIG-7/1/0")
        }
        #expect(variables["NVIDIA_VISIBLE_DEVICES"] == nil)
        #expect(variables["ROCR_VISIBLE_DEVICES"] == nil)
        #expect(variables["SUPERVISOR_WORKER_INDEX"] == "1")
    }

    @Test func environmentOfTheDeploymentWins() throws {
        let deployment = try deployment(
            #""devices": ["4"], "env": {"CUDA_VISIBLE_DEVICES": "9", "ROCR_VISIBLE_DEVICES": "{device}"}"#)
        let variables = variables(0, of: deployment)
        #expect(variables["CUDA_VISIBLE_DEVICES"] == "9")
        #expect(variables["HIP_VISIBLE_DEVICES"] == "4")
        #expect(variables["ROCR_VISIBLE_DEVICES"] == "4")
    }

    @Test func withoutDevicesNothingIsHidden() throws {
        #expect(variables(3, of: try deployment(#""workers": 4"#)) == ["SUPERVISOR_WORKER_INDEX": "3"])
    }

    @Test(arguments: [
        ("{index}", "2", "2"), ("{port}", "8002", "8002"), ("a{device}b{index}", "a1b2", "a1b2"),
        ("{{index}", "{index}", "{index}"), ("{{device}}", "{device}}", "{device}}"), ("{", "{", "{"),
        (#"{"a": {"b": 1}}"#, #"{"a": {"b": 1}}"#, #"{"a": {"b": 1}}"#), ("${HOME}", "${HOME}", "${HOME}"),
        ("{{ x }}", "{{ x }}", "{{ x }}"), ("{{print}", "{print}", "{{print}"), ("{print}", "{print}", "{print}"),
        ("{index", "{index", "{index"), ("é{index}é", "é2é", "é2é"), ("", "", ""), ("{}", "{}", "{}"),
    ])
    func templates(text: String, inEnvironment: String, inCommand: String) {
        let place = WorkerPlace(index: 2, device: "1", port: 8002)
        #expect(place.environment(over: [EnvironmentEntry(name: "A", value: text)]).last?.value == inEnvironment)
        #expect(place.command([text]) == [inCommand])
    }

    @Test func misspeltWordsAreNoticedInValuesOnly() {
        #expect(PlaceTemplate("{indx}{index}", .anyWord).unknown == ["indx"])
        #expect(PlaceTemplate("{indx}", .knownWords).unknown.isEmpty)
        #expect(PlaceTemplate("{{indx}", .anyWord).unknown.isEmpty)
    }

    @Test func portsCountFromTheFirst() throws {
        let deployment = try deployment(#""port": 9000, "workers": 3, "env": {"PORT": "{port}"}"#)
        #expect((0..<3).map { variables($0, of: deployment)["PORT"] } == ["9000", "9001", "9002"])
    }
}
