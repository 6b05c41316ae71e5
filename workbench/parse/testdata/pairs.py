# What readers of moe_expert_coselection.csv do: the ten pairs chosen most in layer 0.
import pandas as pd

rows = pd.read_csv("moe_expert_coselection.csv")
for _, pair in rows[rows["layer_idx"] == 0].nlargest(10, "coselection_count").iterrows():
    print("%d %d %d" % (pair["expert_id_1"], pair["expert_id_2"], pair["coselection_count"]))
