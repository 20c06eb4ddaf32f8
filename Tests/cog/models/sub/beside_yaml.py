NAME = "beside cog.yaml"
