# What readers of moe_load_imbalance.csv do: the five most imbalanced layers.
import pandas as pd

rows = pd.read_csv("moe_load_imbalance.csv")
means = rows.groupby("layer_idx")["max_min_ratio"].mean()
for layer, ratio in means.sort_values(ascending=False).head(5).items():
    print("%d %.4f" % (layer, ratio))
