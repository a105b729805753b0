"""Every host tells the guest how many rows it has; the guest reports the total."""
import norn


@norn.component("@MODULE@")
def run(context):
    rows = context.table("data").rows
    if rows < context.parameters["minimum_rows"]:
        raise norn.UserError("there are fewer rows than minimum_rows")
    if context.role != "guest":
        context.send("rows", rows, role="guest")
        return
    total = rows + sum(count(value) for value in context.receive("rows", role="host"))
    context.log(f"{total} rows at all parties")
    context.summary({"total": total})


def count(value):
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise norn.PeerError("a host's message is not a count of rows")
    return value
