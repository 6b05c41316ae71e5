# What readers of moe_summary.json do: every member of the file is a layer.
import json

with open("moe_summary.json") as f:
    for name, layer in json.load(f).items():
        print("%s %.1f %.2f %d/%d" % (name, layer["activation_coverage_pct"], layer["load_balance_ratio"],
                                      layer["unique_experts_activated"], layer["num_experts"]))
