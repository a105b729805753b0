import NornABI
import NornKit

private let plugin = Plugin(
    id: "norn.feature", version: "0.1.0",
    components: [
        ColumnExpand.self, DataStatistics.self, FeatureImputation.self, FeatureScale.self, FederatedSample.self,
        HeteroDataSplit.self, HeteroFeatureBinning.self, HeteroFeatureSelection.self, HeteroPearson.self,
        HomoDataSplit.self, HomoFeatureBinning.self, HomoOneHotEncoder.self, LabelTransform.self, OneHotEncoder.self,
        PopulationStability.self, SampleWeight.self, Scorecard.self, Union.self,
    ])

/// The plugin's one exported symbol; the header says what it promises.
@c @implementation public func norn_plugin_entry_1(
    _ host: UnsafePointer<norn_host>!, _ levelLow: UInt32, _ levelHigh: UInt32,
    _ out: UnsafeMutablePointer<UnsafePointer<norn_plugin>?>!, _ error: UnsafeMutablePointer<norn_error>!
) -> norn_status {
    plugin.enter(host, levelLow, levelHigh, out, error)
}
