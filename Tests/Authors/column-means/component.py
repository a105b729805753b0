"""The means of a party's columns, and its rows without them, with NumPy."""
import norn
import numpy


@norn.component("ColumnMeans")
def run(context):
    table = context.table("data")
    instances = table.instances()
    if instances.features.shape != (table.rows, len(table.columns)):
        raise norn.Error(f"the features have the shape {instances.features.shape}")
    means = instances.features.mean(axis=0)
    context.write_instances("data", instances.ids, instances.features - means, instances.columns)
    for batch in table.batches():
        offsets = numpy.frombuffer(batch.key_offsets, dtype="<u4")
        if len(offsets) != batch.rows + 1 or offsets[-1] != len(batch.keys):
            raise norn.Error("a batch's offsets are not those of its keys")
    context.metric("columns", len(table.columns))
    context.summary({f"mean_{name}": float(mean) for name, mean in zip(instances.columns, means)})
