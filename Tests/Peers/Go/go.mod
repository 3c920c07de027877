module starmicroservices/peers

go 1.19
