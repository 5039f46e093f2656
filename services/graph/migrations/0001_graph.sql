SET LOCAL search_path = graph;
