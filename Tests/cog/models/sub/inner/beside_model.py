NAME = "beside the model"
