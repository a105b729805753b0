#!/usr/bin/env python3
"""Drives a running site by the unmodified 1.x pipeline of fate-client 1.11.3, as its users do, and checks what comes back.

  pip install 'fate-client==1.11.3.post1'       # in an environment of its own
  pipeline init --ip 127.0.0.1 --port 9380
  python Tests/FATESuite/pipelines.py [DATA]    # DATA: the folder of breast_guest.csv …; the installed examples unless said

Exit status 0 when every step came out as it should; the last line is `N passed, N failed`.
"""
import os
import sys
import traceback

from pipeline.backend.pipeline import PipeLine
from pipeline.component import DataTransform, Evaluation, FeatureScale, HeteroLR, Intersection, Reader
from pipeline.interface import Data, Model

GUEST, HOST, SECOND_HOST, ARBITER = 9999, 10000, 10002, 10001
SPACE = "pipelines"
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../conf/examples")


def upload():
    line = PipeLine().set_initiator(role="guest", party_id=GUEST).set_roles(guest=GUEST)
    for name in ("breast_guest", "breast_host", "breast_host_1", "breast_host_2"):
        line.add_upload_data(
            file=os.path.abspath(os.path.join(DATA, f"{name}.csv")), table_name=name, namespace=SPACE, head=1,
            partition=4, id_delimiter=",")
    line.upload(drop=1)


def reading(hosts, guest_table="breast_guest"):
    """A pipeline as far as the common rows, with the components to go on from."""
    line = PipeLine().set_initiator(role="guest", party_id=GUEST)
    line.set_roles(guest=GUEST, host=[party for party, _ in hosts], arbiter=ARBITER)
    reader = Reader(name="reader_0")
    reader.get_party_instance(role="guest", party_id=GUEST).component_param(
        table={"name": guest_table, "namespace": SPACE})
    transform = DataTransform(name="data_transform_0")
    transform.get_party_instance(role="guest", party_id=GUEST).component_param(
        with_label=True, label_name="y", label_type="int", output_format="dense")
    for party, table in hosts:
        reader.get_party_instance(role="host", party_id=party).component_param(
            table={"name": table, "namespace": SPACE})
        transform.get_party_instance(role="host", party_id=party).component_param(with_label=False)
    intersection = Intersection(name="intersection_0", intersect_method="ecdh")
    line.add_component(reader)
    line.add_component(transform, data=Data(data=reader.output.data))
    line.add_component(intersection, data=Data(data=transform.output.data))
    return line, reader, transform, intersection


TRAINING = dict(
    penalty="L2", optimizer="rmsprop", tol=1e-4, alpha=0.01, learning_rate=0.15, batch_size=-1, early_stop="diff",
    init_param={"init_method": "zeros"}, encrypt_param={"key_length": 2048})


def training(hosts, **parameters):
    line, reader, transform, intersection = reading(hosts)
    scale = FeatureScale(name="feature_scale_0")
    regression = HeteroLR(name="hetero_lr_0", **{**TRAINING, "max_iter": 3, **parameters})
    evaluation = Evaluation(name="evaluation_0", eval_type="binary", pos_label=1)
    line.add_component(scale, data=Data(data=intersection.output.data))
    line.add_component(regression, data=Data(train_data=scale.output.data))
    line.add_component(evaluation, data=Data(data=regression.output.data))
    line.compile()
    line.fit()
    return line, (reader, transform, intersection, scale, regression)


ONE_HOST = [(HOST, "breast_host")]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def fit_show_deploy_predict():
    line, (reader, transform, intersection, scale, regression) = training(ONE_HOST)
    summary = line.get_component("intersection_0").get_summary()
    check(summary["intersect_num"] == 569, f"intersection: {summary}")
    summary = line.get_component("hetero_lr_0").get_summary()
    check(len(summary["coef"]) == 10 and summary["is_converged"] is False, f"the regression's summary: {summary}")
    model = line.get_component("hetero_lr_0").get_model_param()
    check(len(model["weight"]) == 10 and model["iters"] == 3, f"the model: {model}")
    rows = output(line, "hetero_lr_0")
    check(len(rows) == 569 and "predict_score" in rows[0], f"the output: {rows[:2]}")
    line.deploy_component([transform, intersection, scale, regression])
    predicting = PipeLine()
    again = Reader(name="reader_2")
    again.get_party_instance(role="guest", party_id=GUEST).component_param(
        table={"name": "breast_guest", "namespace": SPACE})
    again.get_party_instance(role="host", party_id=HOST).component_param(
        table={"name": "breast_host", "namespace": SPACE})
    predicting.add_component(again)
    predicting.add_component(
        line, data=Data(predict_input={line.data_transform_0.input.data: again.output.data}))
    predicting.predict()
    predicted = output(predicting, "hetero_lr_0")
    check(scores(predicted) == scores(rows), "predictions on the training data are others than the fit's")


def output(line, component):
    """Rows of the output at the guest, as dictionaries, whatever the client makes of it."""
    data = line.get_component(component).get_output_data(limits=-1)
    if isinstance(data, dict):
        data = next(iter(data.values()))
    if hasattr(data, "to_dict"):
        return data.to_dict("records")
    if isinstance(data[0], dict):
        return data
    header, *lines = [line if isinstance(line, list) else str(line).split(",") for line in data]
    return [dict(zip(header, line)) for line in lines]


def scores(rows):
    return {str(row.get("id", row.get("sid"))): round(float(row["predict_score"]), 12) for row in rows}


def early_stopping():
    line, reader, transform, intersection = reading(ONE_HOST)
    regression = HeteroLR(
        name="hetero_lr_0",
        **{**TRAINING, "max_iter": 30, "early_stop": "weight_diff", "validation_freqs": 1, "early_stopping_rounds": 1,
           "metrics": ["auc"], "use_first_metric_only": True})
    line.add_component(
        regression, data=Data(train_data=intersection.output.data, validate_data=intersection.output.data))
    line.compile()
    line.fit()
    model = line.get_component("hetero_lr_0").get_model_param()
    check(model["iters"] < 30, f"it trained on: {model['iters']}")


def warm_start():
    line, reader, transform, intersection = reading(ONE_HOST)
    first = HeteroLR(name="hetero_lr_0", **{**TRAINING, "max_iter": 2})
    second = HeteroLR(name="hetero_lr_1", **{**TRAINING, "max_iter": 4})
    straight = HeteroLR(name="hetero_lr_2", **{**TRAINING, "max_iter": 4})
    line.add_component(first, data=Data(train_data=intersection.output.data))
    line.add_component(
        second, data=Data(train_data=intersection.output.data), model=Model(model=first.output.model))
    line.add_component(straight, data=Data(train_data=intersection.output.data))
    line.compile()
    line.fit()
    models = [line.get_component(f"hetero_lr_{index}").get_model_param() for index in range(3)]
    check(models[1]["iters"] > models[0]["iters"], f"it began anew: {[model['iters'] for model in models]}")
    check(models[1]["weight"] != models[0]["weight"], "it trained no further")


def several_hosts():
    line, _ = training([(HOST, "breast_host_1"), (SECOND_HOST, "breast_host_2")])
    check(line.get_component("intersection_0").get_summary()["intersect_num"] == 569, "two hosts' common rows")
    check(len(output(line, "hetero_lr_0")) == 569, "two hosts' predictions")


def bind_table():
    line = PipeLine().set_initiator(role="guest", party_id=GUEST).set_roles(guest=GUEST)
    folder = os.environ.get("NORN_DATA_FOLDER")
    try:
        line.bind_table(
            engine="PATH", namespace=SPACE, name="bound",
            path=os.path.join(folder or "/not-shared", "breast_guest.csv"))
    except Exception as error:
        check(folder is None and "data.folders" in str(error), f"the bind was refused: {error}")
        return
    check(folder is not None, "a file was bound that no folder of the site holds")


def main():
    upload()
    passed = failed = 0
    for step in (fit_show_deploy_predict, early_stopping, warm_start, several_hosts, bind_table):
        try:
            step()
            passed += 1
            print(f"passed: {step.__name__}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED: {step.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
