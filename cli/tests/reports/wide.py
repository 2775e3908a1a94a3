name = "漢字かな" 1
